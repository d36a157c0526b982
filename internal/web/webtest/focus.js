e => {
	const here = document.activeElement === e
	const ringed = x => { const s = getComputedStyle(x); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 }
	let shown = getComputedStyle(e).boxShadow !== "none"
	for (let x = e, up = 0; x && up < 4; x = x.parentElement, up++) shown ||= ringed(x) // a tile shows it for its link
	return {here, shown: here && shown}
}
