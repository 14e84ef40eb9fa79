# What attacks of one family make of a trained network.


rule attack:
    input:
        study.attack_targets(),


rule attack_seed:
    input:
        weights=paths.weights,
        data=study.training_data,
    output:
        paths.attacks,
    log:
        paths.log("attack", "{run}.{seed}.{family}-{attacks}"),
    benchmark:
        paths.benchmark("attack", "{run}.{seed}.{family}-{attacks}")
    params:
        spec=study.attack_spec,
        code=study.attack_code,
        machine=study.machine,
    shell:
        "python -m lea attack --spec {params.spec:q} --seed {wildcards.seed} --weights {input.weights}"
        " --data {input.data} --output {output} --code {params.code} {params.machine} --threads {threads} > {log} 2>&1"
