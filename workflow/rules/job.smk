# What is done with each seed of a run: a rule for each stage that lea/registry.py names, from what the stage declares.
for stage in house.rules:

    rule:
        name:
            stage.name
        input:
            stage.inputs,
        output:
            stage.outputs,
        log:
            stage.log,
        benchmark:
            stage.benchmark
        threads: 1
        resources:
            gpu=stage.stage.gpu,
            mem_mb=stage.memory,
            runtime=stage.minutes,
        params:
            stage=stage.name,
            spec=stage.spec,
            code=stage.code,
            files=stage.files,
        shell:
            "{log} python -m lea {params.stage} --spec {params.spec:q} --seed {wildcards.seed} {params.files}"
            " --code {params.code} --threads {threads}"
