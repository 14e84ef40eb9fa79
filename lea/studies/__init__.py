"""Studies: each a folder of the parts that it alone has. The registry names them; nothing else knows one."""
