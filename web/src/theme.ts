import { ActionIcon, Button, createTheme, type MantineColorsTuple, Modal, Tooltip } from '@mantine/core';

/** The one accent. Everything else is grey; red is for errors alone. */
const accent: MantineColorsTuple = [
  '#eef0ff',
  '#dde1fb',
  '#b9c1f3',
  '#97a3ec',
  '#7b8ae6',
  '#6475dc',
  '#5163d2',
  '#4353c4',
  '#3746a6',
  '#2c3885',
];

const dark: MantineColorsTuple = [
  '#d6d8dd',
  '#b6b9c1',
  '#9a9ea8',
  '#696d77',
  '#3f434b',
  '#32353c',
  '#26292f',
  '#1a1c20',
  '#141619',
  '#0e1012',
];

const gray: MantineColorsTuple = [
  '#f8f9fa',
  '#f2f3f5',
  '#e8eaed',
  '#dcdfe3',
  '#c9cdd3',
  '#a6acb5',
  '#5e656f',
  '#474d56',
  '#31363d',
  '#1d2126',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, dark, gray },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  defaultRadius: 6,
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: 28 } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false, fz: 12 } }),
    Modal: Modal.extend({ defaultProps: { transitionProps: { duration: 120 } } }),
  },
});
