import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseLines, parseOrigins } from '../projects/origins';
import { openPanelCurl, openPanelSnippet, recorderSnippet, rrwebCurl } from '../setup/snippets';
import { safeNext } from '../signin/safeNext';
import { ApiProblem, call, problemOf } from './client';

afterEach(() => vi.unstubAllGlobals());

describe('calling the server', () => {
  it("throws the server's own words", async () => {
    const body = { type: 'about:blank', title: 'Invalid', status: 400, code: 'invalid', detail: 'No name.' };
    const errors = [{ field: 'name', message: 'A name is needed.' }];
    const problem = await problemOf(
      new Response(JSON.stringify({ ...body, errors }), { status: 400, headers: { 'Retry-After': '30' } }),
    );
    expect([problem.status, problem.code, problem.message, problem.retryAfter]).toEqual([
      400,
      'invalid',
      'No name.',
      30,
    ]);
    expect(problem.field('name')).toBe('A name is needed.');
    expect(problem.field('other')).toBeUndefined();
  });

  it('makes a sentence of an answer that is not JSON', async () => {
    const problem = await problemOf(new Response('<html>Bad Gateway</html>', { status: 502 }));
    expect(problem.code).toBe('unknown');
    expect(problem.message).toContain('502');
  });

  it('says so when there is no answer', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
    const error = await call('/api/me').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiProblem);
    expect((error as ApiProblem).code).toBe('unreachable');
  });
});

describe('what comes from outside', () => {
  it('cannot lead away after signing in', () => {
    expect(safeNext('/p/1/replays?t=4')).toBe('/p/1/replays?t=4');
    for (const bad of [null, '', '//evil.example', 'https://evil.example', '/\\evil.example', 'p/1']) {
      expect(safeNext(bad)).toBe('/');
    }
  });

  it('cannot break out of a snippet', () => {
    const keys = { id: 'i', sdk_key: `k"'><script>`, client_id: 'c', publishable_key: 'p' };
    expect(recorderSnippet('https://replay.example.com', keys)).not.toContain('<script>');
    const hostile = { ...keys, client_id: `c'});</script><script>` };
    expect(openPanelSnippet('https://replay.example.com', hostile).match(/<script/g)?.length).toBe(2);
    expect(openPanelCurl('https://replay.example.com', hostile)).toContain('c%27});%3C/script%3E');
    expect(rrwebCurl('https://replay.example.com', keys)).toContain('k%22%27%3E%3Cscript%3E');
  });

  it('lists origins however they are separated, once each', () => {
    expect(parseOrigins(' https://a.example,\nhttps://b.example  https://a.example\n')).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
    expect(parseOrigins('  ')).toEqual([]);
  });

  it('lists ids line by line, since they may hold commas and spaces', () => {
    expect(parseLines(' mira, sol \n\nuser 2\nuser 2\n')).toEqual(['mira, sol', 'user 2']);
  });

  it('keeps the calls made before the OpenPanel script has loaded, in the form it reads', () => {
    const snippet = openPanelSnippet('https://replay.example.com', {
      id: 'i',
      sdk_key: 'k',
      client_id: 'c',
      publishable_key: 'p',
    });
    const script = snippet.match(/<script>([\s\S]*?)<\/script>/)?.[1] ?? '';
    const page: {
      op?: ((...call: unknown[]) => void) & { q: unknown[][]; track: (...a: unknown[]) => void };
    } = {};
    new Function('window', `with (window) { ${script} }`)(page);
    page.op?.('track', 'early', { a: 1 });
    page.op?.track('as a method');
    expect(page.op?.q.map(([name]) => name)).toEqual(['init', 'track', 'track']);
    expect(page.op?.q[0]?.[1]).toMatchObject({ apiUrl: 'https://replay.example.com', clientId: 'c' });
    expect(page.op?.q[2]).toEqual(['track', 'as a method']);
  });
});
