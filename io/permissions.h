/* Who may read and write a file that takes the place of another: whoever might before. */
#ifndef ASH_IO_PERMISSIONS_H
#define ASH_IO_PERMISSIONS_H

#include <sys/stat.h>

/* The mode to make a file with that will replace `target`: no wider than that one's, but writable for the owner; `otherwise` where there is none. */
mode_t ash_mode_for(const char *target, mode_t otherwise);
/* Gives the file or folder that `fd` is open on the mode of `target` and, where the system allows it, its owner and group; what is in a folder follows. Nothing is
 * changed where there is no such file. */
void ash_permissions_keep(int fd, const char *target);
/* Gives an open folder and all in it the mode of the open folder `model` and, where the system allows it, its owner and group. */
void ash_permissions_follow(int folder, int model);

#endif
