import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { call } from './client';
import type { Group, GroupPage, ProfilePage, ProfileWithCounts } from './types';

const PAGE = 50;

function list(project: string, what: 'profiles' | 'groups', filter: Record<string, string>, cursor: string) {
  const params = new URLSearchParams({ ...filter, limit: String(PAGE) });
  if (cursor) params.set('cursor', cursor);
  return `/api/projects/${project}/${what}?${params}`;
}

/** The people of a project, newest seen first, by 50. */
export function useProfiles(project: string, filter: { q?: string; group?: string }) {
  return useInfiniteQuery({
    queryKey: ['profiles', project, filter],
    queryFn: ({ pageParam, signal }) =>
      call<ProfilePage>(list(project, 'profiles', filter, pageParam), { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (old, before) => (before?.queryKey[1] === project ? old : undefined),
  });
}

export function useProfile(project: string, id: string) {
  return useQuery({
    queryKey: ['profile', project, id],
    queryFn: ({ signal }) =>
      call<ProfileWithCounts>(`/api/projects/${project}/profiles/${encodeURIComponent(id)}`, { signal }),
  });
}

/** The groups of a project, by 50. */
export function useGroups(project: string, filter: { q?: string; type?: string }) {
  return useInfiniteQuery({
    queryKey: ['groups', project, filter],
    queryFn: ({ pageParam, signal }) =>
      call<GroupPage>(list(project, 'groups', filter, pageParam), { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (old, before) => (before?.queryKey[1] === project ? old : undefined),
  });
}

export function useGroup(project: string, id: string) {
  return useQuery({
    queryKey: ['group', project, id],
    queryFn: ({ signal }) =>
      call<Group>(`/api/projects/${project}/groups/${encodeURIComponent(id)}`, { signal }),
  });
}
