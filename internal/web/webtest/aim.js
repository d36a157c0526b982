e => {
	if (!e) return {trouble: "it is gone"}
	e.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"})
	const box = [...e.getClientRects()].find(r => r.width > 0 && r.height > 0)
	if (!box) return {trouble: "it is not shown"}
	const x = box.left + box.width / 2, y = box.top + box.height / 2
	const top = document.elementFromPoint(x, y)
	const hit = top && (e.contains(top) || top.closest("label")?.control === e)
	return hit ? {x, y} : {trouble: top ? `a ${top.localName} «${top.textContent.trim().slice(0, 40)}» covers it` : "it lies outside the window"}
}
