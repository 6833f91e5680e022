{{ records_held_twice() }}
