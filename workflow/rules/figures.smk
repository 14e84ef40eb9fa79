# Pictures with the table behind them, and tables.


rule figures:
    input:
        study.figure_targets(),


rule draw_figure:
    input:
        summaries=study.drawing_inputs,
        style=STYLE,
    output:
        png=report(
            paths.figure("png"),
            caption="../report/drawing.rst",
            category=study.category,
            labels={"figure": "{figure}", "format": "PNG"},
        ),
        pdf=report(
            paths.figure("pdf"),
            caption="../report/drawing.rst",
            category=study.category,
            labels={"figure": "{figure}", "format": "PDF"},
        ),
        csv=paths.figure("csv"),
    log:
        paths.log("figures", "{figure}"),
    localrule: True
    params:
        spec=study.drawing_spec,
        code=study.drawing_code,
        caption=study.caption,
    shell:
        "python -m lea figures figure --spec {params.spec:q} --style {input.style} --png {output.png} --pdf {output.pdf}"
        " --csv {output.csv} {input.summaries} > {log} 2>&1"


rule write_table:
    input:
        study.drawing_inputs,
    output:
        csv=paths.table("csv"),
        html=report(
            paths.table("html"),
            caption="../report/drawing.rst",
            category=study.category,
            labels={"figure": "{table}", "format": "HTML"},
        ),
    log:
        paths.log("tables", "{table}"),
    localrule: True
    params:
        spec=study.drawing_spec,
        code=study.drawing_code,
        caption=study.caption,
    shell:
        "python -m lea figures table --spec {params.spec:q} --csv {output.csv} --html {output.html} {input} > {log} 2>&1"
