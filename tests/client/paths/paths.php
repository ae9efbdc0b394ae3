<?php
// Sends each target with the HTTP stream of PHP: paths.php ADDRESS TARGET...

foreach (array_slice($argv, 2) as $number => $target) {
    $context = stream_context_create(['http' => ['header' => "X-Case: $number", 'timeout' => 5]]);
    if (@file_get_contents($argv[1] . $target, false, $context) === false) {
        fwrite(STDERR, "$target: not sent\n");
    }
}
