# Tables of samples and their labels: made here, from a user's folder, or from the published files.
for name, files in house.data.missing_originals().items():

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
            reader=house.data.reader(name),
            folder=house.data.original_folder(name),
        shell:
            "{log} python -m lea data fetch --reader {params.reader:q} --folder {params.folder:q}"


rule prepare_data:
    input:
        house.data.files,
    output:
        paths.data,
    log:
        paths.log("data", "{dataset}"),
    resources:
        mem_mb=house.data.memory,
    params:
        spec=house.data.spec,
        code=house.data.code,
        folder=house.data.folder,
    shell:
        "{log} python -m lea data prepare --spec {params.spec:q} --folder {params.folder:q} --output {output}"
