# Medians, ranges and counts over the runs or data sets of an analysis; pictures with the table behind them, and tables.


rule summarise:
    input:
        house.drawings.read,
    output:
        paths.summary,
    log:
        paths.log("summary", "{study}.{summary}"),
    localrule: True
    params:
        spec=house.drawings.summary_spec,
        code=house.drawings.summary_code,
        files=house.drawings.files,
    shell:
        "{log} python -m lea summary --spec {params.spec:q} --output {output} {params.files}"


rule draw_figure:
    input:
        summaries=house.drawings.summaries,
        style=house.style,
    output:
        png=report(
            paths.figure("png"),
            caption="../report/drawing.rst",
            category=house.drawings.category,
            labels={"figure": "{figure}", "format": "PNG"},
        ),
        pdf=report(
            paths.figure("pdf"),
            caption="../report/drawing.rst",
            category=house.drawings.category,
            labels={"figure": "{figure}", "format": "PDF"},
        ),
        csv=paths.figure("csv"),
    log:
        paths.log("figures", "{study}.{figure}"),
    localrule: True
    params:
        spec=house.drawings.spec,
        code=house.drawings.code,
        caption=house.drawings.caption,
    shell:
        "{log} python -m lea figures figure --spec {params.spec:q} --style {input.style} --png {output.png} --pdf {output.pdf}"
        " --csv {output.csv} {input.summaries}"


rule write_table:
    input:
        house.drawings.summaries,
    output:
        csv=paths.table("csv"),
        html=report(
            paths.table("html"),
            caption="../report/drawing.rst",
            category=house.drawings.category,
            labels={"figure": "{table}", "format": "HTML"},
        ),
    log:
        paths.log("tables", "{study}.{table}"),
    localrule: True
    params:
        spec=house.drawings.spec,
        code=house.drawings.code,
        caption=house.drawings.caption,
    shell:
        "{log} python -m lea figures table --spec {params.spec:q} --csv {output.csv} --html {output.html} {input}"
