import type { Device, Session } from '../api/types';
import { pathOf } from '../parts/format';

/** What to call the person of a session. */
export function who(session: Session): string {
  const { profile } = session;
  return profile?.name || profile?.email || profile?.id || 'Anonymous';
}

/** "Chrome 126 on Linux", or what of it is known. */
export function deviceName({ browser, os, type }: Device): string {
  if (browser && os) return `${browser} on ${os}`;
  return browser ?? os ?? (type === 'unknown' ? 'Unknown device' : type);
}

/** Where the visit began, as events or the recording know it. */
export function entryOf(session: Pick<Session, 'entry_path' | 'first_page'>): string {
  return session.entry_path || pathOf(session.first_page);
}

/** "Google · Graz, AT": where the visit came from, as far as it is known. */
export function cameFrom(session: Pick<Session, 'referrer' | 'referrer_name' | 'city' | 'country'>): string {
  const place = [session.city, session.country].filter(Boolean).join(', ');
  return [session.referrer_name || hostOf(session.referrer), place].filter(Boolean).join(' · ');
}

function hostOf(href: string | null): string {
  if (!href) return '';
  try {
    return new URL(href).host.replace(/^www\./, '');
  } catch {
    return href;
  }
}
