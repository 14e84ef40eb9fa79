# What can be read of each factor from every layer of a trained network.


rule probe:
    input:
        study.probe_targets(),


rule probe_seed:
    input:
        weights=paths.weights,
        data=study.training_data,
    output:
        paths.probes,
    log:
        paths.log("probe", "{run}.{seed}.{probes}"),
    benchmark:
        paths.benchmark("probe", "{run}.{seed}.{probes}")
    params:
        spec=study.probe_spec,
        code=study.probe_code,
        machine=study.machine,
    shell:
        "python -m lea probe --spec {params.spec:q} --seed {wildcards.seed} --weights {input.weights}"
        " --data {input.data} --output {output} --code {params.code} {params.machine} --threads {threads} > {log} 2>&1"
