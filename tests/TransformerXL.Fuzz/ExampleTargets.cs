using System.Text;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Rescoring;

namespace TransformerXL.Fuzz;

/// <summary>Files of labelled examples, one target for each reader. The file is read as training data: opened, read through, inspected.</summary>
internal static class ExampleTargets
{
    private static readonly ExampleOptions s_options = new() { MaxText = 1 << 16 };

    public static IEnumerable<FuzzTarget> All =>
    [
        new("examples-csv", input => Texts("x.csv", input, ExampleFormat.Csv), () =>
        [
            Bytes("text,label\r\n\"a, \"\"b\"\"\nc\",x\r\nplain,y\r\n"), Bytes("id;premise;hypothesis;label\n1;a;b;x\n2;c;d;y\n"), Bytes("\uFEFFsentence,score\nA b,1.5\nc,2\n"),
        ]),
        new("examples-tsv", input => Texts("x.tsv", input, null), () =>
        [
            Bytes("text\tlabel\nA \"quote\tx\nb\ty\n"), Bytes("text\tlabel\n\"a\tb\"\tx\nb\ty\n"), Bytes("gj04\t1\t\tOur friends.\ngj04\t0\t*\tThey drank the pub.\n"),
            Bytes("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n1\tc\td\tnot_entailment\n"),
            Bytes("index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n0\tm\tx\t2012\t1\tn\tn\tA.\tB.\t5.000\n"),
        ]),
        new("examples-jsonl", input => Texts("x.jsonl", input, null), () =>
        [
            Bytes("{\"text\":\"a \\u00e9 \\ud83d\\ude00\",\"label\":\"x\",\"id\":3}\n\n{\"text\":\"b\",\"label\":1}\n"), Bytes("{\"premise\":\"a\",\"hypothesis\":\"b\",\"labels\":[\"x\",\"y\"]}\n{\"premise\":\"c\",\"hypothesis\":\"d\",\"labels\":[]}\n"),
            Bytes("{\"text\":\"a\",\"score\":1.5}\n{\"text\":\"b\",\"score\":2}\n"),
        ]),
        new("examples-folders", Folders, () => [Bytes("a text\nof two lines \u00e9\n")]),
        new("examples-conll", input => Sentences("x.conll", input), () =>
        [
            Bytes("-DOCSTART- -X- O\n\nEU B-ORG\nrejects O\n\nPeter\tB-PER\r\nBlackburn\tI-PER\r\n"), Bytes("a S-X\nb B-Y\nc I-Y\nd E-Y\n\ne O\n"),
            Bytes("# newdoc\n# text = vamonos\n1-2\tv\t_\t_\t_\t_\t_\t_\t_\t_\n1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_\n2\tnos\tyo\tPRON\t_\t_\t1\tobj\t_\t_\n2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_\n\n"),
        ]),
        new("examples-sentences", input => Sentences("x.jsonl", input), () =>
        [
            Bytes("{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\",\"B-X\"]}\n"), Bytes("{\"text\":\"In Rome \\ud83d\\ude00 today\",\"spans\":[{\"start\":3,\"end\":7,\"label\":\"P\"},[8,9,\"E\"]]}\n"),
        ]),
        new("examples-squad", input => Questions("x.json", input), () =>
        [
            Bytes("""{"version":"v2.0","data":[{"title":"T","paragraphs":[{"qas":[{"question":"Who?","id":"1","answers":[{"text":"Ann","answer_start":2}],"is_impossible":false},{"question":"What?","id":"2","answers":[],"plausible_answers":[{"text":"x","answer_start":0}],"is_impossible":true}],"context":"\ud83d\ude00 Ann came."}]}]}"""),
        ]),
        new("examples-questions", input => Questions("x.jsonl", input), () =>
        [
            Bytes("""{"id":"1","context":"Ann came.","question":"Who?","answers":{"text":["Ann"],"answer_start":[0]}}"""), Bytes("""{"context":"Ann came.","question":"Who?","answers":[{"text":"came","answer_start":4}]}"""),
        ]),
        new("hypotheses", Hypotheses, () =>
        [
            Bytes("{\"id\":7,\"hypotheses\":[{\"text\":\"a b\",\"score\":-1.5},{\"text\":\"\",\"score\":0}],\"reference\":\"a\"}\n{\"hypotheses\":[{\"text\":\"c\",\"score\":1e3}]}\n"),
        ]),
    ];

    private static void Texts(string name, byte[] input, ExampleFormat? format)
    {
        ExampleSource<TextExample> source = ExampleFiles.OpenTexts(FuzzFolder.File(name, input), s_options with { Format = format });
        TextData.Inspect(source);
    }

    private static void Folders(byte[] input)
    {
        string path = FuzzFolder.File("classes/x/document.txt", input);
        FuzzFolder.File("classes/y/document.txt", Bytes("another"));
        TextData.Inspect(ExampleFiles.OpenTexts(Path.GetDirectoryName(Path.GetDirectoryName(path))!, s_options));
    }

    private static void Sentences(string name, byte[] input)
    {
        ExampleSource<SentenceExample> source = ExampleFiles.OpenSentences(FuzzFolder.File(name, input), s_options);
        SentenceData.Inspect(source);
    }

    private static void Questions(string name, byte[] input) => QuestionData.Inspect(ExampleFiles.OpenQuestions(FuzzFolder.File(name, input), s_options));

    private static void Hypotheses(byte[] input)
    {
        foreach (HypothesisList _ in HypothesisList.Read(FuzzFolder.File("lists.jsonl", input)))
        {
            // Every list is read and checked.
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
