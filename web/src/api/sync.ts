import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './client';
import type { Quarantined, Sink, SinkAddress, SinkStatus, SyncStage, SyncStatus } from './types';

const EVERY = 5_000;

/** While something goes on that one waits for. */
const SOON = 1_500;

function moves(status: SyncStatus | undefined): boolean {
  return status?.sinks.some((sink) => !sink.paused && sink.failures === 0 && sink.behind > 0) ?? false;
}

/** How it stands: of a project, or of all of them with null. Asked for again while one looks. */
export function useSyncStatus(project: string | null) {
  return useQuery({
    queryKey: ['sync', project],
    queryFn: ({ signal }) =>
      call<SyncStatus>(
        project === null ? '/api/internal/sync/status' : `/api/projects/${project}/sync/status`,
        { signal },
      ),
    refetchInterval: (query) => (moves(query.state.data) ? SOON : EVERY),
  });
}

/** Rows that sinks do not take; asked for where there are any. */
export function useQuarantine(project: string, rows: number) {
  return useQuery({
    queryKey: ['quarantine', project, rows],
    queryFn: ({ signal }) =>
      call<{ rows: Quarantined[] }>(`/api/projects/${project}/sync/quarantine`, { signal }).then(
        (r) => r.rows,
      ),
    enabled: rows > 0,
    placeholderData: (old) => old,
  });
}

/** The kinds of databases that can be added. */
export function useSinkKinds(project: string, wanted: boolean) {
  return useQuery({
    queryKey: ['sink-kinds', project],
    queryFn: ({ signal }) =>
      call<{ kinds: string[] }>(`/api/projects/${project}/sync/sinks`, { signal }).then((r) => r.kinds),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function again(client: QueryClient): Promise<unknown> {
  return client.invalidateQueries({ queryKey: ['sync'] });
}

export interface NewSink {
  kind: string;
  name: string;
  connection: string;
  required: boolean;
}

export function useAddSink(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (sink: NewSink) =>
      call<Sink>(`/api/projects/${project}/sync/sinks`, { method: 'POST', body: sink }),
    onSuccess: () => again(client),
  });
}

export function useTestSink(project: string) {
  return useMutation({
    mutationFn: (sink: Pick<NewSink, 'kind' | 'connection'>) =>
      call<{ ok: boolean; address: SinkAddress | null }>(`/api/projects/${project}/sync/sinks/test`, {
        method: 'POST',
        body: sink,
      }),
  });
}

type OneSink = Pick<SinkStatus, 'id' | 'project_id'>;

/** A project's own sinks answer under the project, the installation's under the installation. */
function path(sink: OneSink): string {
  return sink.project_id === null
    ? `/api/internal/sync/sinks/${sink.id}`
    : `/api/projects/${sink.project_id}/sync/sinks/${sink.id}`;
}

export function useChangeSink(sink: OneSink) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: { name?: string; paused?: boolean; connection?: string }) =>
      call<Sink>(path(sink), { method: 'PATCH', body: change }),
    onSuccess: () => again(client),
  });
}

/** Loads everything again, or one mapping; of a sink of the installation this project's rows alone, if it is given. */
export function useResync(sink: OneSink, project: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mapping: string | null) =>
      call<void>(`${path(sink)}/resync`, {
        method: 'POST',
        body: { mapping, ...(sink.project_id === null && project !== null ? { project } : {}) },
      }),
    onSuccess: () => again(client),
  });
}

export function useRemoveSink(sink: OneSink) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<void>(path(sink), { method: 'DELETE' }),
    onSuccess: () => again(client),
  });
}

export function usePauseStage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ stage, paused }: Pick<SyncStage, 'stage' | 'paused'>) =>
      call<void>(`/api/internal/sync/stages/${stage}`, { method: 'PATCH', body: { paused } }),
    onSuccess: () => again(client),
  });
}
