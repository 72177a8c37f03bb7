/**
 * Tells of the page, and of every other one that it turns into without being loaded anew.
 *
 * @param look told once the page's own code has run, when its title is settled
 */
export function followAddress(look: () => void): void {
  let last = '';
  const check = (): void => {
    const address = location.origin + location.pathname + location.search;
    if (address !== last) {
      last = address;
      setTimeout(look);
    }
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args) {
      original.apply(this, args);
      check();
    };
  }
  window.addEventListener('popstate', check);
  check();
}
