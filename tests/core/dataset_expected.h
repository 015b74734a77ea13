/* Written by dataset_expected.py with Xarray: sum, least, largest, number of values, of nemo_monthly. */
typedef struct expected_figures {
    double sum, least, largest;
    int64_t count;
} expected_figures;
static const expected_figures expected_tos[] = {
    { 920869.1819827649, -2.058408260345459, 34.45330810546875, 65183 },
    { 927658.2087216007, -2.0131006240844727, 34.39833450317383, 65183 },
    { 922929.6241566916, -2.006004571914673, 34.091041564941406, 65183 },
};
static const double expected_time_centered[] = { 3578256000.0, 3580848000.0, 3583440000.0 };
static const expected_figures expected_nav_lat = { -1306474.7304496765, -85.63117218017578, 89.74176788330078, 118800 };
