import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

/** Who may import whom. A feature is a house of its own: what two of them need lives below them. */
const mayImport: Record<string, string[]> = {
	lib: [],
	api: ["lib"],
	components: ["lib", "api"],
	features: ["lib", "api", "components"],
	app: ["lib", "api", "components", "features"],
	test: ["lib", "api", "components", "features", "app"],
}

const root = import.meta.dirname
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path))
const imports = files
	.filter((path) => !/\.test\.tsx?$/.test(path))
	.flatMap((path) => {
		const text = readFileSync(join(root, path), "utf8")
		return [...text.matchAll(/(?:from|import\()\s*"([@.][^"]*)"|^import "([@.][^"]*)"/gm)]
			.map((match) => match[1] ?? match[2] ?? "")
			.filter((target) => target.startsWith("@/") || target.startsWith("."))
			.map((target) => ({
				from: path,
				to: target.startsWith("@/") ? target.slice(2) : relative(root, join(root, dirname(path), target)),
			}))
	})

const folder = (path: string) => path.split("/")[0] ?? ""
const feature = (path: string) => path.split("/")[1] ?? ""

test("every folder is in the import map", () => {
	const folders = new Set(files.filter((path) => path.includes("/")).map(folder))
	expect([...folders].sort()).toEqual(Object.keys(mayImport).sort())
})

test("imports point one way", () => {
	expect(imports.length).toBeGreaterThan(200)
	const wrong = imports.filter(
		({ from, to }) => folder(from) !== folder(to) && !mayImport[folder(from)]?.includes(folder(to)),
	)
	expect(wrong).toEqual([])
})

test("a feature never imports a feature", () => {
	const wrong = imports.filter(
		({ from, to }) =>
			folder(from) === "features" && folder(to) === "features" && feature(from) !== feature(to),
	)
	expect(wrong).toEqual([])
})

test("types are asserted at the edge alone", () => {
	const assertion = /[\w)\]}>] as (?!const\b)[A-Za-z{[(]/
	const wrong = files
		.filter((path) => !/^(api|test)\/|\.test\.tsx?$/.test(path))
		.flatMap((path) =>
			readFileSync(join(root, path), "utf8")
				.split("\n")
				.filter((line) => assertion.test(line) && !/^\s*(\/\/|\*|\/\*|import|export)|["“'>].* as /.test(line))
				.map((line) => `${path}: ${line.trim()}`),
		)
	expect(wrong).toEqual([])
})
