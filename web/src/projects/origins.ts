/** "https://a.example, https://b.example" in any of the ways people write lists. */
export function parseOrigins(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((o) => o !== ''))];
}

/** One per line, as ids may hold spaces and commas; each once. */
export function parseLines(text: string): string[] {
  return [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
}
