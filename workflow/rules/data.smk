# Tables of pictures and labels: made here, from a user's folder, or from the published files.


rule data:
    input:
        study.data_targets(),


for name, files in study.missing_originals().items():

    rule:
        # Files that are on disk are nobody's output, so that Snakemake never deletes what a user put there.
        name:
            f"fetch_{name}"
        output:
            files,
        log:
            paths.log("fetch", name),
        localrule: True
        params:
            reader=study.reader(name),
            folder=study.original_folder(name),
        shell:
            "python -m lea data fetch --reader {params.reader:q} --folder {params.folder:q} > {log} 2>&1"


rule prepare_data:
    input:
        study.data_files,
    output:
        paths.data,
    log:
        paths.log("data", "{dataset}"),
    params:
        spec=study.data_spec,
        code=study.data_code,
        folder=study.folder_of,
    shell:
        "python -m lea data prepare --spec {params.spec:q} --folder {params.folder:q} --output {output} > {log} 2>&1"
