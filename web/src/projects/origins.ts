/** "https://a.example, https://b.example" in any of the ways people write lists. */
export function parseOrigins(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((o) => o !== ''))];
}
