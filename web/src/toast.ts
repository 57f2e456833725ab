import { type NotificationData, notifications } from '@mantine/notifications';
import { strings } from './strings';

/** Says something beside the page. The same `id` is said once. */
export function toast(news: NotificationData): void {
  notifications.show({ ...news, closeButtonProps: { 'aria-label': strings.close } });
}
