import { ActionIcon, Menu, Switch, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconKeyboard,
  IconLink,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconRotate,
} from '@tabler/icons-react';
import { clock } from '../parts/format';
import { LIVE_LEAD, modeOf, SPEEDS } from './playback';
import { neighbour } from './timeline';
import { useTracked } from './tracked';
import { useEngine, usePlayback } from './usePlayback';

interface Props {
  full: boolean;
  onFull: () => void;
  onCopy: () => void;
  onKeys: () => void;
  onSpeed: (speed: number) => void;
  onSkipIdle: (on: boolean) => void;
}

export function Controls({ full, onFull, onCopy, onKeys, onSpeed, onSkipIdle }: Props) {
  const engine = useEngine();
  const tracked = useTracked();
  const mode = usePlayback((e) => modeOf(e.state));
  const wants = usePlayback((e) => e.state.wants);
  const seconds = usePlayback((e) => Math.floor(e.state.time / 1000));
  const duration = usePlayback((e) => e.state.timeline.duration);
  const live = usePlayback((e) => e.state.timeline.live);
  const speed = usePlayback((e) => e.state.speed);
  const skipIdle = usePlayback((e) => e.state.skipIdle);
  const behind = duration - seconds * 1000 > 15_000;

  const toNeighbour = (direction: 1 | -1) => {
    const to = neighbour(engine.state.timeline, engine.state.time, direction, tracked);
    if (to !== null) engine.dispatch({ type: 'seek', to: Math.max(0, to - 500) });
  };
  return (
    <div className="controls">
      <Tooltip label="Previous mark (shift ←)">
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => toNeighbour(-1)}
          aria-label="Previous mark"
          className="narrow-hidden"
        >
          <IconPlayerSkipBack size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={wants === 'play' ? 'Pause (space)' : 'Play (space)'}>
        <ActionIcon
          variant="filled"
          size={32}
          onClick={() => engine.dispatch({ type: 'toggle' })}
          aria-label={wants === 'play' ? 'Pause' : 'Play'}
        >
          {wants === 'play' ? (
            <IconPlayerPauseFilled size={16} />
          ) : mode === 'finished' ? (
            <IconRotate size={16} />
          ) : (
            <IconPlayerPlayFilled size={16} />
          )}
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Next mark (shift →)">
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => toNeighbour(1)}
          aria-label="Next mark"
          className="narrow-hidden"
        >
          <IconPlayerSkipForward size={16} />
        </ActionIcon>
      </Tooltip>
      <span className="controls-time" data-testid="player-time">
        <b>{clock(seconds * 1000)}</b> <span className="dim">/ {clock(duration)}</span>
      </span>
      {live && (
        <UnstyledButton
          className="controls-live"
          disabled={!behind}
          onClick={() => {
            engine.dispatch({ type: 'seek', to: Math.max(0, duration - LIVE_LEAD) });
            engine.dispatch({ type: 'play' });
          }}
        >
          <span className="live-dot" /> {behind ? 'Go to live' : 'Live'}
        </UnstyledButton>
      )}
      <span className="controls-space" />
      <Menu position="top" shadow="sm" width={96}>
        <Menu.Target>
          <Tooltip label="Speed (< and >)">
            <UnstyledButton className="controls-speed" aria-label={`Speed ${speed}`}>
              {speed}×
            </UnstyledButton>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {SPEEDS.map((s) => (
            <Menu.Item
              key={s}
              onClick={() => onSpeed(s)}
              aria-current={s === speed}
              fw={s === speed ? 600 : 400}
            >
              {s}×
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Tooltip label="Skip stretches without activity (s)">
        <Switch
          size="xs"
          label="Skip idle"
          checked={skipIdle}
          onChange={(e) => onSkipIdle(e.currentTarget.checked)}
          classNames={{ label: 'controls-label' }}
        />
      </Tooltip>
      <Tooltip label="Copy link to this moment (c)">
        <ActionIcon variant="subtle" color="gray" onClick={onCopy} aria-label="Copy link to this moment">
          <IconLink size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Keys (?)">
        <ActionIcon variant="subtle" color="gray" onClick={onKeys} aria-label="Keys" className="wide-only">
          <IconKeyboard size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={full ? 'Leave full screen (f)' : 'Full screen (f)'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={onFull}
          aria-label={full ? 'Leave full screen' : 'Full screen'}
        >
          {full ? <IconArrowsMinimize size={16} /> : <IconArrowsMaximize size={16} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
