# Tables of samples and their labels: made here, from a user's folder, or from the published files.
for originals in house.missing():

    rule:
        # Files that are on disk are nobody's output, so that Snakemake never deletes what a user put there.
        name:
            f"fetch_{originals.name}"
        output:
            originals.missing,
        log:
            paths.log("fetch", originals.name),
        localrule: True
        params:
            kind=originals.kind,
            part=originals.spec,
            folder=originals.folder,
        shell:
            "{log} python -m lea data fetch --kind {params.kind} --part {params.part:q} --folder {params.folder:q}"


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
