/** An answer of the server that is not a success, in the server's own plain words (RFC 9457). */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    /** A short stable name such as `wrong_token`; `unreachable` when no answer came at all. */
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly errors: { field: string; message: string }[] = [],
    /** Seconds to wait before the next attempt, when the server named them. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }

  /** What the server said about one field of a form. */
  field(name: string): string | undefined {
    return this.errors.find((e) => e.field === name)?.message;
  }
}

/** Reads the problem out of an answer; a proxy's HTML page or an empty body still becomes a sentence. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const body: Record<string, unknown> = await response.json().catch(() => ({}));
  const text = (key: string, otherwise: string) => {
    const value = body[key];
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  return new ApiProblem(
    response.status,
    text('code', 'unknown'),
    text('title', `The server answered ${response.status}`),
    text('detail', `The server answered ${response.status} ${response.statusText}`.trim()),
    Array.isArray(body.errors) ? (body.errors as { field: string; message: string }[]) : [],
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
}

/**
 * Calls the server and returns its JSON (or undefined for 204).
 *
 * @throws ApiProblem for every answer that is not 2xx, and when no answer came
 */
export async function call<T>(path: string, { method = 'GET', body, signal }: Options = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { Accept: 'application/json' } : { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(0, 'unreachable', 'No connection', 'The server does not answer. Is it running?');
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}
