import type { Profile } from '../api/types';

/** What to call a person. */
export function nameOf(profile: Pick<Profile, 'id' | 'first_name' | 'last_name' | 'email'>): string {
  const name = [profile.first_name, profile.last_name].filter(Boolean).join(' ');
  return name || profile.email || profile.id;
}

/** Up to two letters that stand for a person; no picture is fetched from elsewhere for it. */
export function initialsOf(name: string): string {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}
