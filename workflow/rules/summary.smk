# Medians, ranges and counts over the runs or data sets of an analysis.


rule summary:
    input:
        study.summary_targets(),


rule summarise:
    input:
        study.summary_inputs,
    output:
        paths.summary,
    log:
        paths.log("summary", "{summary}"),
    localrule: True
    params:
        spec=study.summary_spec,
        code=study.summary_code,
    shell:
        "python -m lea summary --spec {params.spec:q} --output {output} {input} > {log} 2>&1"
