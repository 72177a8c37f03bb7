import { Link } from 'react-router';

/** Between the people of a project and the groups they belong to. */
export function PeopleNav({ project, here }: { project: string; here: 'people' | 'groups' }) {
  return (
    <nav className="subnav" aria-label="People and groups">
      {(['people', 'groups'] as const).map((page) => (
        <Link
          key={page}
          to={`/p/${project}/${page}`}
          aria-current={page === here ? 'page' : undefined}
          className="subnav-entry"
        >
          {page === 'people' ? 'People' : 'Groups'}
        </Link>
      ))}
    </nav>
  );
}
