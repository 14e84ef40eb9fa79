# One seed of one run: weights and the metrics of every epoch.


rule train_seed:
    input:
        study.training_data,
    output:
        weights=paths.weights,
        metrics=paths.metrics,
    log:
        paths.log("train", "{run}.{seed}"),
    benchmark:
        paths.benchmark("train", "{run}.{seed}")
    params:
        spec=study.training_spec,
        code=study.training_code,
        device=study.training_device,
    shell:
        "python -m lea train --spec {params.spec:q} --seed {wildcards.seed} --data {input} --weights {output.weights}"
        " --metrics {output.metrics} --device {params.device} --threads {threads} > {log} 2>&1"
