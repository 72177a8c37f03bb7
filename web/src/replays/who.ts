import type { Device, Session } from '../api/types';

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
