import { memo } from 'react';

/** When in the session the person was active, as small as it can be read. */
export const Sparkline = memo(function Sparkline({
  counts,
  width = 64,
}: {
  counts: number[];
  width?: number;
}) {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  return (
    <svg className="sparkline" width={width} height={16} aria-hidden="true">
      <path
        d={counts
          .map((value, i) => {
            const height = value === 0 ? 1 : 2 + 14 * Math.sqrt(value / most);
            const x = (i * step).toFixed(1);
            return `M${x} 16v${(-height).toFixed(1)}h${Math.max(1, step - 0.5).toFixed(1)}v${height.toFixed(1)}z`;
          })
          .join('')}
      />
    </svg>
  );
});
