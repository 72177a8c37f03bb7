/** Named JSON values that outlive the page, or at least try to. */
export interface Store {
  /** The value, or undefined when there is none or it cannot be read. */
  get(name: string): unknown;
  /** Whether the value was kept: a browser's storage can be full or forbidden. */
  set(name: string, value: unknown): boolean;
  remove(name: string): void;
  names(): string[];
}

/** A store in memory: for pages whose storage is forbidden, it lasts as long as the page. */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  return {
    get: (name) => parse(values.get(name)),
    set: (name, value) => values.set(name, JSON.stringify(value)) !== undefined,
    remove: (name) => void values.delete(name),
    names: () => [...values.keys()],
  };
}

/**
 * A store in the browser's storage, under a prefix of its own.
 *
 * @param open gives the storage; called guarded, since `window.localStorage` itself throws where storage is forbidden
 * @param prefix put before every name, so that two projects on one origin do not meet
 */
export function browserStore(open: () => Storage, prefix: string): Store {
  try {
    const storage = open();
    storage.setItem(`${prefix}probe`, '1');
    storage.removeItem(`${prefix}probe`);
    return over(storage, prefix);
  } catch {
    return memoryStore();
  }
}

function over(storage: Storage, prefix: string): Store {
  return {
    get: (name) => {
      try {
        return parse(storage.getItem(prefix + name) ?? undefined);
      } catch {
        return undefined;
      }
    },
    set: (name, value) => {
      try {
        storage.setItem(prefix + name, JSON.stringify(value));
        return true;
      } catch {
        return false;
      }
    },
    remove: (name) => {
      try {
        storage.removeItem(prefix + name);
      } catch {
        // Gone with the rest of the storage.
      }
    },
    names: () => {
      try {
        return Object.keys(storage)
          .filter((name) => name.startsWith(prefix))
          .map((name) => name.slice(prefix.length));
      } catch {
        return [];
      }
    },
  };
}

/** Anything may have been written there: a value that is no JSON is no value. */
function parse(text: string | undefined): unknown {
  if (text === undefined) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
