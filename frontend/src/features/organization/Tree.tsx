import { TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useVirtualizer } from "@tanstack/react-virtual"
import { ChevronDown, ChevronRight, Search } from "lucide-react"
import { useMemo, useRef, useState } from "react"
import { treeQuery } from "@/api/tenants"
import { Failure } from "@/components/States"
import { plural } from "@/lib/words"
import classes from "./Organization.module.css"
import { lineage, treeRows } from "./tree"

/** The viewer's part of the channel, each node with the number of people in it. */
export function Tree({ current }: { current: number }) {
	const { data: tenants = none, error, refetch } = useQuery(treeQuery)
	const [text, setText] = useState("")
	const [toggled, setToggled] = useState<ReadonlyMap<number, boolean>>(new Map())
	const opened = useMemo(() => {
		const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]))
		// Open by themselves: the top, and the way to the chosen node.
		const open = new Set(lineage(byId, current).map((tenant) => tenant.id))
		for (const tenant of tenants)
			if (tenant.parentId === null || !byId.has(tenant.parentId)) open.add(tenant.id)
		for (const [id, wanted] of toggled) {
			if (wanted) open.add(id)
			else open.delete(id)
		}
		return open
	}, [tenants, current, toggled])
	const rows = useMemo(() => treeRows(tenants, opened, text), [tenants, opened, text])
	const box = useRef<HTMLElement>(null)
	const virtual = useVirtualizer({
		count: rows.length,
		getScrollElement: () => box.current,
		estimateSize: () => 28,
		overscan: 20,
	})
	if (error) return <Failure error={error} retry={refetch} />
	return (
		<>
			<div className={classes.sideHead}>
				<TextInput
					aria-label="Find an organization"
					placeholder="Find an organization"
					type="search"
					leftSection={<Search size={14} aria-hidden />}
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
				/>
			</div>
			<nav ref={box} className={classes.tree} aria-label="Organizations">
				<ul
					style={{
						position: "relative",
						height: virtual.getTotalSize(),
						margin: 0,
						padding: 0,
						listStyle: "none",
					}}
				>
					{virtual.getVirtualItems().map((place) => {
						const row = rows[place.index]
						if (!row) return null
						const { tenant } = row
						const Twist = row.open ? ChevronDown : ChevronRight
						return (
							<li
								key={tenant.id}
								className={classes.treeRow}
								data-current={tenant.id === current || undefined}
								data-closed={tenant.state === "closed" || tenant.closedAbove || undefined}
								style={{ transform: `translateY(${place.start}px)`, paddingInlineStart: row.depth * 14 }}
							>
								{row.hasChildren ? (
									<button
										type="button"
										className={classes.twist}
										aria-expanded={row.open}
										aria-label={`${row.open ? "Close" : "Open"} ${tenant.name}`}
										onClick={() => setToggled(new Map(toggled).set(tenant.id, !row.open))}
									>
										<Twist size={14} aria-hidden />
									</button>
								) : (
									<span style={{ width: 24, flexShrink: 0 }} />
								)}
								<Link
									to="/organization/$id"
									params={{ id: tenant.id }}
									search={{}}
									className={classes.node}
									title={tenant.state === "closed" ? `${tenant.path} (closed)` : tenant.path}
									aria-current={tenant.id === current ? "true" : undefined}
								>
									<span className={classes.nodeName}>{tenant.name}</span>
									<span className={classes.count} title={plural(tenant.users, "person", "people")}>
										{tenant.users > 0 && tenant.users.toLocaleString("en")}
									</span>
								</Link>
							</li>
						)
					})}
				</ul>
			</nav>
		</>
	)
}

const none: never[] = []
