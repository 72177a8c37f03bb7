import type { Source } from '../api/types';

/** How the ways into a project are called. */
export const SOURCES: Record<Source, string> = {
  backspool: 'Backspool recorder',
  stackauth: 'Stack Auth',
  uxcam: 'UXCam-style SDK',
  openpanel: 'OpenPanel SDK',
  import: 'Imported file',
};
