import './erasure.css';
import { useErasure } from '../api/storage';
import type { Erasure } from '../api/types';
import { CopyButton } from '../parts/CopyButton';
import { counted, exactly } from '../parts/format';
import { removedInWords } from './words';

/** The receipt of an erasure, followed until the last object is gone. */
export function Receipt({ project, receipt }: { project: string; receipt: Erasure }) {
  const followed = useErasure(project, receipt);
  const { id, state, requested_at, rows_removed_at, objects_removed_at, removed, objects } = followed.data;
  const what = removedInWords(removed);
  return (
    <div className="receipt">
      <p role="status" className={state === 'done' ? 'receipt-done' : undefined}>
        {state === 'done'
          ? 'Everything is removed.'
          : state === 'removing_objects'
            ? 'The rows are removed. The archive is being rid of the objects, which takes a few minutes.'
            : 'The rows are being removed.'}
      </p>
      <dl>
        <div>
          <dt>Asked for</dt>
          <dd>{exactly(requested_at)}</dd>
        </div>
        {rows_removed_at && (
          <div>
            <dt>Rows removed</dt>
            <dd>{exactly(rows_removed_at)}</dd>
          </div>
        )}
        {objects_removed_at && (
          <div>
            <dt>Objects removed</dt>
            <dd>{exactly(objects_removed_at)}</dd>
          </div>
        )}
        <div>
          <dt>Removed</dt>
          <dd>{what.length > 0 ? what.join(', ') : 'Nothing was there'}</dd>
        </div>
        <div>
          <dt>Receipt</dt>
          <dd className="receipt-id">
            <code className="cut">{id}</code>
            <CopyButton value={id} label="Copy the receipt's id" />
          </dd>
        </div>
      </dl>
      {objects.length > 0 && (
        <details>
          <summary>{counted(objects.length, 'object')} of the archive</summary>
          <ul>
            {objects.map((object) => (
              <li key={object}>
                <code>{object}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
