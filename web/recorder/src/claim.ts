/** The part of a `BroadcastChannel` that is needed to ask the other tabs. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

/** A page that asks for a tab's name, or the answer of one that holds it. */
type Message =
  | { readonly kind: 'claim'; readonly tab: string; readonly page: string }
  | { readonly kind: 'held'; readonly tab: string; readonly from: string };

export interface Claim {
  /** Stops answering: the page goes. */
  release(): void;
}

/** How long one question waits for an answer. */
export const ROUND_MS = 300;

/**
 * Asks the other live tabs of the origin whether one of them already goes by this name, and from
 * then on answers for it.
 *
 * A page that is just being left may answer once more, so only a name held in two rounds counts as
 * taken. Of two pages that ask at the same time, the one with the smaller page id keeps the name.
 *
 * @param channel open channel that all recorders of the origin listen to
 * @param tab the tab's name
 * @param page random id of this page load
 * @param after runs a function after so many milliseconds
 * @param settled told once, whether the name is taken
 */
export function claimTab(
  channel: Channel,
  tab: string,
  page: string,
  after: (ms: number, run: () => void) => void,
  settled: (taken: boolean) => void,
): Claim {
  let holding = false;
  let released = false;
  let heldByOther = false;

  channel.onmessage = ({ data }) => {
    const message = data as Partial<Message> | null;
    if (message?.kind === 'claim' && message.tab === tab && typeof message.page === 'string') {
      if (holding || page < message.page) {
        channel.postMessage({ kind: 'held', tab, from: message.page } satisfies Message);
      } else {
        // It may have begun to ask after our question went out, and so never have heard it.
        heldByOther = true;
      }
    } else if (message?.kind === 'held' && message.tab === tab && message.from === page) {
      heldByOther = true;
    }
  };

  const ask = (roundsLeft: number): void => {
    heldByOther = false;
    channel.postMessage({ kind: 'claim', tab, page } satisfies Message);
    after(ROUND_MS, () => {
      if (released) {
        return;
      }
      if (heldByOther && roundsLeft > 1) {
        ask(roundsLeft - 1);
        return;
      }
      holding = !heldByOther;
      settled(heldByOther);
    });
  };
  ask(2);

  return {
    release() {
      released = true;
      channel.onmessage = null;
      channel.close();
    },
  };
}
