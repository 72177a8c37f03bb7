import { newId } from './ids';
import type { Store } from './store';

interface TabRecord {
  readonly id: string;
  /** The session that {@link seq} counts in. */
  readonly session: string;
  /** The number the next batch gets. */
  readonly seq: number;
  /** Set while a page of the tab is open. */
  readonly open: boolean;
}

const NAME = 'tab';

/**
 * The tab's name and its batch numbers, kept in `sessionStorage` over reloads and page changes.
 *
 * A duplicated tab, and one opened by `window.open`, starts with a copy of the storage. It is told
 * apart by the mark of the open page: a page takes its mark away when it goes, so a mark found at
 * the start is a copy's (or a crash's, and then a new name does no harm). {@link claimTab} is the
 * second net, for a copy made while a page without the recorder was shown.
 */
export class Tab {
  private record: TabRecord;

  /**
   * @param store the tab's `sessionStorage`
   * @param discarded whether the browser had put the tab to sleep without telling the page
   */
  constructor(
    private readonly store: Store,
    discarded: boolean,
  ) {
    const stored = readRecord(store);
    const ours = stored && (!stored.open || discarded);
    this.record = ours ? { ...stored, open: true } : unused();
    this.save();
  }

  get id(): string {
    return this.record.id;
  }

  /**
   * Takes the next batch number. Numbers grow by one per session and tab, from 0 and over page
   * loads, so that a reader sees what is missing.
   */
  nextSeq(session: string): number {
    const seq = this.record.session === session ? this.record.seq : 0;
    this.record = { ...this.record, session, seq: seq + 1 };
    this.save();
    return seq;
  }

  /** Another live tab holds this name: takes a new one. */
  rename(): void {
    this.record = unused();
    this.save();
  }

  /** The page goes, perhaps to be shown again from the back-forward cache. */
  leave(): void {
    this.record = { ...this.record, open: false };
    this.save();
  }

  /** The page is shown again: the pages that were shown between have counted on. */
  comeBack(): void {
    const stored = readRecord(this.store);
    if (stored?.id === this.record.id) {
      this.record = stored;
    }
    this.record = { ...this.record, open: true };
    this.save();
  }

  private save(): void {
    this.store.set(NAME, this.record);
  }
}

function unused(): TabRecord {
  return { id: newId(), session: '', seq: 0, open: true };
}

function readRecord(store: Store): TabRecord | undefined {
  const value = store.get(NAME) as Partial<TabRecord> | null | undefined;
  const sound =
    typeof value?.id === 'string' &&
    typeof value.session === 'string' &&
    typeof value.seq === 'number' &&
    typeof value.open === 'boolean';
  return sound ? (value as TabRecord) : undefined;
}
