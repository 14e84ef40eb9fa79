# One seed of one run: weights, the metrics of every epoch, pictures, times. The parameters of models that are not trained.


rule train:
    input:
        study.training_targets(),
        study.parameters_targets(),


rule train_seed:
    input:
        study.training_data,
    output:
        weights=paths.weights,
        metrics=paths.metrics,
        pictures=paths.pictures,
        times=paths.times,
    log:
        paths.log("train", "{run}.{seed}"),
    benchmark:
        paths.benchmark("train", "{run}.{seed}")
    params:
        spec=study.training_spec,
        code=study.training_code,
        machine=study.machine,
    shell:
        "python -m lea train seed --spec {params.spec:q} --seed {wildcards.seed} --data {input}"
        " --weights {output.weights} --metrics {output.metrics} --pictures {output.pictures} --times {output.times}"
        " --code {params.code} {params.machine} --threads {threads} > {log} 2>&1"


rule count_parameters:
    output:
        paths.parameters,
    log:
        paths.log("parameters", "{analysis}"),
    localrule: True
    params:
        spec=study.models_spec,
        code=study.models_code,
    shell:
        "python -m lea train count --spec {params.spec:q} --output {output} > {log} 2>&1"
