() => document.readyState !== "complete" ? {} : {
	html: document.documentElement.outerHTML,
	text: document.body.innerText,
	url: location.href,
	wide: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
}
