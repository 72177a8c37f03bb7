import './storage.css';
import { Skeleton } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useLocation, useParams } from 'react-router';
import { useProject } from '../api/queries';
import { useStorage } from '../api/storage';
import type { Storage } from '../api/types';
import { counted } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { Days } from './Days';
import { Places } from './Places';
import { RetentionSection } from './RetentionSection';
import { StorageNav } from './StorageNav';
import { Waiting } from './Waiting';

/** What a project keeps, where it lies, and how long it stays. */
export default function StoragePage() {
  const { project: id = '' } = useParams();
  const info = useProject(id);
  const storage = useStorage(id);
  const { hash } = useLocation();
  // A link from elsewhere to how long things are kept: what stands above it has its height by then.
  const laidOut = storage.isFetched && info.isSuccess;
  useEffect(() => {
    if (laidOut && hash === '#retention') document.getElementById('retention')?.scrollIntoView();
  }, [laidOut, hash]);
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide storage" key={id}>
      <h1>Storage</h1>
      <StorageNav project={id} here="storage" />
      {storage.data && <Away storage={storage.data} />}
      {storage.isError && !storage.data ? (
        <ProblemNote error={storage.error} onRetry={() => storage.refetch()} />
      ) : storage.data ? (
        <Figures storage={storage.data} />
      ) : (
        <Skeleton h={240} />
      )}
      {info.data && (
        <RetentionSection
          project={info.data}
          hasColdTier={storage.data ? storage.data.archive.cold_place !== null : false}
        />
      )}
    </div>
  );
}

function Figures({ storage }: { storage: Storage }) {
  const { hot, archived, archive } = storage;
  if (
    hot.sessions === 0 &&
    archived.recordings === 0 &&
    storage.to_delete.objects === 0 &&
    storage.events.count_estimate === 0
  ) {
    return (
      <div className="empty">
        <strong>Nothing is stored yet</strong>
        <p>
          A recording begins in the database. Some time after its last upload it moves to the archive, where
          it takes a fraction of the room: <code>{archive.place}</code>
          {archive.encrypted && ', encrypted'}.
        </p>
      </div>
    );
  }
  return (
    <>
      <Places storage={storage} />
      <Waiting storage={storage} />
      <Days days={storage.days} />
    </>
  );
}

/** Said first and in full: recordings pile up in the database until the archive is back. */
function Away({ storage }: { storage: Storage }) {
  const { archive, hot, archived } = storage;
  if (archive.reachable) return null;
  return (
    <div className="away" role="alert">
      <IconCloudOff size={20} aria-hidden="true" />
      <div>
        <strong>The archive cannot be reached</strong>
        <p>{archive.problem}</p>
        <p>
          Nothing is lost and uploads go on.{' '}
          {hot.waiting_sessions > 0
            ? `${counted(hot.waiting_sessions, 'recording')} ${hot.waiting_sessions === 1 ? 'waits' : 'wait'} in the database until it is back`
            : 'New recordings wait in the database until it is back'}
          {archived.recordings > 0 &&
            `; the ${counted(archived.recordings, 'recording')} in it cannot be watched meanwhile`}
          .
        </p>
      </div>
    </div>
  );
}
