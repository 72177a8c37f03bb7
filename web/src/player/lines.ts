/** Cuts a stream of text into lines, whatever the pieces it arrives in; blank lines are left out. */
export class LineCutter {
  private rest = '';

  /** The lines completed by this piece. */
  push(piece: string): string[] {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '');
  }

  /** The last line, when the stream did not end in a newline. */
  end(): string[] {
    const line = this.rest;
    this.rest = '';
    return line.trim() === '' ? [] : [line];
  }
}
