import { Button, Combobox, useCombobox } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { ChevronDown, Plus } from "lucide-react"
import { useState } from "react"
import { PathLink } from "@/components/PathLink"
import { inSentence } from "@/lib/words"
import type { KindGroup } from "./kinds"

/** Leads to the form of the kind that the list shows, or asks which kind it shall be. */
export function NewObjectButton({ kinds, kind }: { kinds: KindGroup[]; kind: string | undefined }) {
	const [q, setQ] = useState("")
	const navigate = useNavigate()
	const combobox = useCombobox({
		onDropdownClose: () => {
			combobox.resetSelectedOption()
			combobox.focusTarget()
			setQ("")
		},
		onDropdownOpen: () => combobox.focusSearchInput(),
	})
	const all = kinds.flatMap(({ items }) => items)
	if (all.length === 0) return null
	if (kind) {
		const chosen = all.find(({ value }) => value === kind)
		return (
			chosen && (
				<Button
					component={PathLink}
					path={`/objects/${encodeURIComponent(kind)}/new`}
					leftSection={<Plus size={13} />}
				>
					New {inSentence(chosen.label)}
				</Button>
			)
		)
	}
	const words = q.trim().toLowerCase()
	const found = kinds
		.map(({ group, items }) => ({
			group,
			items: items.filter(({ label }) => `${group} ${label}`.toLowerCase().includes(words)),
		}))
		.filter(({ items }) => items.length > 0)
	return (
		<Combobox
			store={combobox}
			width={260}
			position="bottom-end"
			onOptionSubmit={(chosen) => {
				combobox.closeDropdown()
				void navigate({ to: "/objects/$kind/new", params: { kind: chosen } })
			}}
		>
			<Combobox.Target withAriaAttributes={false}>
				<Button
					aria-haspopup="listbox"
					aria-expanded={combobox.dropdownOpened}
					leftSection={<Plus size={13} />}
					rightSection={<ChevronDown size={13} />}
					onClick={() => combobox.toggleDropdown()}
				>
					New
				</Button>
			</Combobox.Target>
			<Combobox.Dropdown>
				<Combobox.Search
					aria-label="Kind of object"
					placeholder="Which kind?"
					value={q}
					onChange={(event) => {
						setQ(event.currentTarget.value)
						combobox.updateSelectedOptionIndex()
					}}
				/>
				<Combobox.Options mah={320} style={{ overflowY: "auto" }} aria-label="Kinds of object" tabIndex={0}>
					{found.map(({ group, items }) => (
						<Combobox.Group key={group} label={group}>
							{items.map(({ value, label }) => (
								<Combobox.Option key={value} value={value}>
									{label}
								</Combobox.Option>
							))}
						</Combobox.Group>
					))}
					{found.length === 0 && <Combobox.Empty>No kind has this name.</Combobox.Empty>}
				</Combobox.Options>
			</Combobox.Dropdown>
		</Combobox>
	)
}
