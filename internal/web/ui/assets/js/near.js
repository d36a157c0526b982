// The places nearest to the person first, when they press the button: the position is compared here and told to nobody. Without a
// script, or without a wish to say, a district is chosen instead. Of a list of several pages the browser chooses the district, and no more is
// told than by choosing it oneself.
const rad = Math.PI / 180

// kilometres as the crow flies
const way = (a, b) => {
  const h = Math.sin((b.lat - a.lat) * rad / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin((b.lon - a.lon) * rad / 2) ** 2
  return 2 * 6371 * Math.asin(Math.sqrt(h))
}

const box = document.querySelector('[data-near]')
const said = document.querySelector('[data-near-said]')
const all = [...document.querySelectorAll('[data-place]')]
const areas = JSON.parse(box?.dataset.areas ?? '[]')

if (box && navigator.geolocation && (areas.length || all.length) > 1) {
  box.hidden = false
  box.querySelector('button').addEventListener('click', () => navigator.geolocation.getCurrentPosition(found => {
    const here = { lat: found.coords.latitude, lon: found.coords.longitude }
    if (areas.length) {
      const select = document.querySelector('select[name=area]')
      select.value = areas.sort((a, b) => way(here, a) - way(here, b))[0].key
      return select.form.requestSubmit()
    }
    for (const el of all) el.way = way(here, { lat: +el.dataset.lat, lon: +el.dataset.lon })
    const shown = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 })
    for (const el of all.sort((a, b) => a.way - b.way)) {
      el.querySelector('[data-distance]').textContent = said.dataset.unit.replace('%', shown.format(el.way))
      el.parentNode.append(el)
    }
    said.textContent = said.dataset.sorted
  }, () => { said.textContent = said.dataset.refused }, { timeout: 15000, maximumAge: 300000 }))
}
