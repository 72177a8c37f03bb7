import { Link } from 'react-router';

/** Between what a project keeps and what was erased from it. */
export function StorageNav({ project, here }: { project: string; here: 'storage' | 'erasures' }) {
  return (
    <nav className="subnav" aria-label="Storage and erasures">
      {(['storage', 'erasures'] as const).map((page) => (
        <Link
          key={page}
          to={`/p/${project}/${page}`}
          aria-current={page === here ? 'page' : undefined}
          className="subnav-entry"
        >
          {page === 'storage' ? 'Storage' : 'Erasures'}
        </Link>
      ))}
    </nav>
  );
}
