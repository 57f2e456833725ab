import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { createLink, type LinkComponent } from '@tanstack/react-router';
import { type ComponentProps, forwardRef } from 'react';

const AnchorBase = forwardRef<HTMLAnchorElement, AnchorProps & ComponentProps<'a'>>((props, ref) => (
  <Anchor ref={ref} {...props} />
));
const ButtonBase = forwardRef<HTMLAnchorElement, ButtonProps & ComponentProps<'a'>>((props, ref) => (
  <Button ref={ref} component="a" {...props} />
));

const AnchorRoute = createLink(AnchorBase);
const ButtonRoute = createLink(ButtonBase);

/** Links to our own pages, in the looks of the component library. */
export const LinkTo: LinkComponent<typeof AnchorBase> = (props) => <AnchorRoute {...props} />;
export const LinkButton: LinkComponent<typeof ButtonBase> = (props) => <ButtonRoute {...props} />;
