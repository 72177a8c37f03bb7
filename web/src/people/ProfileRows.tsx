import { Button, Skeleton, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useProfiles } from '../api/people';
import { exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { initialsOf, nameOf } from './names';

interface Props {
  project: string;
  filter: { q?: string; group?: string };
  empty: ReactNode;
}

/** People, newest seen first, as far back as one asks. */
export function ProfileRows({ project, filter, empty }: Props) {
  const list = useProfiles(project, filter);
  const profiles = list.data?.pages.flatMap((p) => p.profiles) ?? [];
  if (list.isError && profiles.length === 0) {
    return <ProblemNote error={list.error} onRetry={() => list.refetch()} />;
  }
  if (list.isPending) return <Skeleton h={160} />;
  if (profiles.length === 0) return empty;
  return (
    <div data-stale={list.isPlaceholderData} className="people-list">
      <Table verticalSpacing={6} className="plain-table people-table" aria-label="People">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Person</Table.Th>
            <Table.Th className="wide-only">E-mail</Table.Th>
            <Table.Th className="wide-only">Groups</Table.Th>
            <Table.Th>Last seen</Table.Th>
            <Table.Th className="wide-only">First seen</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {profiles.map((profile) => {
            const name = nameOf(profile);
            return (
              <Table.Tr key={profile.id}>
                <Table.Td>
                  <span className="person">
                    <span className="initials" aria-hidden="true">
                      {initialsOf(name)}
                    </span>
                    <Link
                      to={`/p/${project}/people/${encodeURIComponent(profile.id)}`}
                      className="person-link cut"
                    >
                      {name}
                    </Link>
                  </span>
                </Table.Td>
                <Table.Td className="dim cut wide-only">{profile.email !== name && profile.email}</Table.Td>
                <Table.Td className="cut wide-only">
                  <GroupLinks project={project} groups={profile.groups} />
                </Table.Td>
                <Table.Td className="nowrap" title={exactly(profile.last_seen_at)}>
                  {when(profile.last_seen_at)}
                </Table.Td>
                <Table.Td className="nowrap dim wide-only" title={exactly(profile.first_seen_at)}>
                  {when(profile.first_seen_at)}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      {list.hasNextPage && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => list.fetchNextPage()}
        >
          Load more people
        </Button>
      )}
    </div>
  );
}

export function GroupLinks({ project, groups }: { project: string; groups: string[] }) {
  return groups.map((group, i) => (
    <span key={group}>
      {i > 0 && ', '}
      <Link to={`/p/${project}/groups/${encodeURIComponent(group)}`}>{group}</Link>
    </span>
  ));
}
