/** How moments, lengths and amounts are written, everywhere the same. */

/** A length as a clock shows it: 0:07, 12:00, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const s = String(seconds % 60).padStart(2, '0');
  const m = Math.floor(seconds / 60) % 60;
  const h = Math.floor(seconds / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** A length in words: "8 s", "3 min", "1 h 5 min". */
export function lengthInWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60 || (seconds < 120 && seconds % 60 !== 0)) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

const number = new Intl.NumberFormat('en-GB');

/** 4,055 */
export function count(value: number): string {
  return number.format(value);
}

/** "1 page", "3 pages" */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const money = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** An amount of minor currency units as people write it: 4900 is 49.00. Which currency is not known. */
export function amount(minorUnits: number): string {
  return money.format(minorUnits / 100);
}

/** 1 kB is 1,000 bytes, as disks and networks count. */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} kB`;
  if (value < 1_000_000_000) return `${(value / 1_000_000).toFixed(value < 10_000_000 ? 1 : 0)} MB`;
  if (value < 1_000_000_000_000) return `${(value / 1_000_000_000).toFixed(1)} GB`;
  return `${(value / 1_000_000_000_000).toFixed(1)} TB`;
}

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const fullDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const everything = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const DAY = 86_400_000;

/** How long ago, as short as it can be said: "now", "12 min ago", "yesterday 14:02", "3 Nov 14:02". */
export function when(iso: string, now: number = Date.now()): string {
  const at = new Date(iso);
  const ago = now - at.getTime();
  if (Number.isNaN(ago)) return '';
  if (ago < 45_000) return 'now';
  if (ago < 3_600_000) return `${Math.max(1, Math.round(ago / 60_000))} min ago`;
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (at.getTime() >= midnight) return `today ${time.format(at)}`;
  if (at.getTime() >= midnight - DAY) return `yesterday ${time.format(at)}`;
  if (at.getFullYear() === new Date(now).getFullYear()) return `${dayAndMonth.format(at)} ${time.format(at)}`;
  return `${fullDate.format(at)} ${time.format(at)}`;
}

/** When something is to happen: "now", "in 5 min", "today at 03:00", "tomorrow at 03:00", "on 3 Dec at 03:00". */
export function soon(iso: string, now: number = Date.now()): string {
  const at = new Date(iso);
  const left = at.getTime() - now;
  if (Number.isNaN(left)) return '';
  if (left < 30_000) return 'now';
  if (left < 3_600_000) return `in ${Math.max(1, Math.round(left / 60_000))} min`;
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / DAY);
  if (days === 0) return `today at ${time.format(at)}`;
  return `${days === 1 ? 'tomorrow' : `on ${dayAndMonth.format(at)}`} at ${time.format(at)}`;
}

const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** The moment in a list that is read from the second: 14:02:07, with the day in front when it is not today. */
export function toTheSecond(iso: string, now: number = Date.now()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const today = at.toDateString() === new Date(now).toDateString();
  return today ? clockTime.format(at) : `${dayAndMonth.format(at)} ${clockTime.format(at)}`;
}

/** The moment in full, for a title. */
export function exactly(iso: string | number): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? '' : everything.format(at);
}

/** The part of an address a reader looks for: path and query, without the host. */
export function pathOf(href: string | null): string {
  if (!href) return '';
  try {
    const url = new URL(href);
    return url.protocol.startsWith('http') ? `${url.pathname}${url.search}${url.hash}` : href;
  } catch {
    return href;
  }
}
