import {
	ActionIcon,
	Button,
	Checkbox,
	type CSSVariablesResolver,
	createTheme,
	Drawer,
	type FileInputProps,
	type MantineColorsTuple,
	Menu,
	type ModalProps,
	Notification,
	PasswordInput,
	Popover,
	type RadioProps,
	type SelectProps,
	type TabsProps,
	type TextareaProps,
	TextInput,
	Tooltip,
} from "@mantine/core"

const teal: MantineColorsTuple = [
	"#e8f6f4",
	"#cdeae6",
	"#9fd6cf",
	"#6fc2b8",
	"#4aaea3",
	"#2c958b",
	"#197e76",
	"#0f6b65",
	"#0b5651",
	"#073f3b",
]

const dark: MantineColorsTuple = [
	"#dbe0e5",
	"#a8b1ba",
	"#87919b",
	"#5d6670",
	"#3d444c",
	"#2d3339",
	"#23282d",
	"#15181b",
	"#101214",
	"#0b0c0e",
]

const still = { duration: 100 }

/** What X.extend says, without loading a component that the first screen doesn't have. */
const later = <Props>(theme: { defaultProps?: Partial<Props>; styles?: Record<string, object> }) => theme

export const theme = createTheme({
	colors: { teal, dark },
	primaryColor: "teal",
	primaryShade: { light: 7, dark: 6 },
	autoContrast: true,
	luminanceThreshold: 0.3,
	defaultRadius: 4,
	cursorType: "pointer",
	respectReducedMotion: true,
	fontFamily: '"Inter Variable", system-ui, sans-serif',
	fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
	fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
	headings: { fontWeight: "600" },
	components: {
		ActionIcon: ActionIcon.extend({ defaultProps: { size: 28 } }),
		Button: Button.extend({ defaultProps: { size: "xs" }, styles: { label: { fontWeight: 500 } } }),
		Checkbox: Checkbox.extend({ defaultProps: { size: "xs" } }),
		Drawer: Drawer.extend({
			defaultProps: { closeButtonProps: { "aria-label": "Close" }, transitionProps: still },
		}),
		FileInput: later<FileInputProps>({ defaultProps: { size: "xs" } }),
		Menu: Menu.extend({
			defaultProps: { transitionProps: still, shadow: "md", withInitialFocusPlaceholder: false },
		}),
		Modal: later<ModalProps>({
			defaultProps: {
				closeButtonProps: { "aria-label": "Close" },
				transitionProps: still,
				overlayProps: { backgroundOpacity: 0.35 },
				centered: true,
			},
			styles: { title: { fontWeight: 600 } },
		}),
		PasswordInput: PasswordInput.extend({
			defaultProps: {
				size: "xs",
				visibilityToggleButtonProps: { "aria-label": "Show or hide the password", tabIndex: 0 },
			},
		}),
		Notification: Notification.extend({ defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } }),
		Popover: Popover.extend({ defaultProps: { transitionProps: still, shadow: "md" } }),
		Radio: later<RadioProps>({ defaultProps: { size: "xs" } }),
		Select: later<SelectProps>({ defaultProps: { size: "xs" } }),
		Tabs: later<TabsProps>({
			styles: {
				list: { flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" },
				tab: { padding: "7px 10px", fontSize: 13 },
			},
		}),
		Textarea: later<TextareaProps>({ defaultProps: { size: "xs" } }),
		TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
		Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, transitionProps: still, fz: 12 } }),
	},
})

/** Our own names for what the theme has none for; dimmed, placeholder, error and red at AA contrast. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
	variables: {},
	light: {
		"--mantine-color-body": "#ffffff",
		"--mantine-color-text": "#1b2126",
		"--mantine-color-dimmed": "#59626c",
		"--mantine-color-placeholder": "#646e78",
		"--mantine-color-anchor": colors.teal[7],
		"--mantine-color-error": "#b42318",
		"--mantine-color-red-filled": "#b42318",
		"--mantine-color-red-filled-hover": "#8f1c13",
		"--annals-surface": "#ffffff",
		"--annals-sunken": "#f4f6f7",
		"--annals-chrome": "#f8f9fa",
		"--annals-line": "#dde2e6",
		"--annals-line-faint": "#eef1f3",
		"--annals-hover": "#f3f6f7",
		"--annals-selected": "#e8f4f2",
		"--annals-fail": "#b42318",
		"--annals-warn": "#8f5a00",
		"--annals-ok": "#1a7a3e",
	},
	dark: {
		"--mantine-color-body": "#15181b",
		"--mantine-color-text": "#dbe0e5",
		"--mantine-color-dimmed": "#9ca6b0",
		"--mantine-color-placeholder": "#929ca6",
		"--mantine-color-anchor": colors.teal[3],
		"--mantine-color-error": "#ff8a7f",
		"--mantine-color-red-filled": "#c9302c",
		"--mantine-color-red-filled-hover": "#b42318",
		"--annals-surface": "#15181b",
		"--annals-sunken": "#1d2125",
		"--annals-chrome": "#111416",
		"--annals-line": "#2d3339",
		"--annals-line-faint": "#22272c",
		"--annals-hover": "#1d2226",
		"--annals-selected": "#173331",
		"--annals-fail": "#ff8a7f",
		"--annals-warn": "#e8b04b",
		"--annals-ok": "#62c986",
	},
})
