// Adds the recorder's script element with what the address says, and remembers it for the next page:
//   index.html?backspool=http://127.0.0.1:8420&key=bsk_…&idle-minutes=0.05
// `backspool` is the server, every other name becomes a `data-` attribute.
(() => {
  const given = new URLSearchParams(location.search);
  const settings = given.has('backspool')
    ? [...given]
    : JSON.parse(sessionStorage.getItem('recorder-tag') ?? '[]');
  if (settings.length === 0) {
    return;
  }
  sessionStorage.setItem('recorder-tag', JSON.stringify(settings));
  const script = document.createElement('script');
  for (const [name, value] of settings) {
    if (name === 'backspool') {
      script.src = `${value}/backspool.js`;
    } else {
      script.setAttribute(`data-${name}`, value);
    }
  }
  document.head.append(script);
})();
