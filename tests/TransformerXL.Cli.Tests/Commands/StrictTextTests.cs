using System.Text;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

/// <summary>Lists of texts that are no UTF-8, or hold a NUL: every command that reads lines refuses them, from a file and from standard input.</summary>
public sealed class StrictTextTests(ModelKindsFixture kinds) : IClassFixture<ModelKindsFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string command in (string[])["predict CLASSIFIER FILE", "predict CLASSIFIER -", "embed CLASSIFIER FILE", "embed CLASSIFIER -", "similar CLASSIFIER FILE --to x", "fill-mask ENCODER -"])
            {
                cases.Add(command, "UTF-16");
                cases.Add(command, "invalid");
                cases.Add(command, "NUL");
            }

            return cases;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Text_that_is_not_UTF_8_is_refused(string command, string content)
    {
        byte[] bytes = content switch
        {
            "UTF-16" => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("red [MASK]\n")],
            "invalid" => [.. "red [MASK]\n"u8, 0xC3, (byte)'\n'],
            _ => [.. "red\0 [MASK]\n"u8],
        };
        string file = _folder.Write("text.txt", bytes);
        using FakeTerminal terminal = new(bytes);
        string[] words = [.. command.Split(' ').Select(word => word switch { "CLASSIFIER" => kinds.Classifier, "ENCODER" => kinds.Encoder, "FILE" => file, _ => word })];
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync([.. words, "--threads", "1"]));
        Assert.Contains(content == "NUL" ? "a NUL character" : "is not valid UTF-8", terminal.Error, StringComparison.Ordinal);
        Assert.Contains(command.Contains('-', StringComparison.Ordinal) && !command.Contains("FILE", StringComparison.Ordinal) ? "'standard input', line" : $"'{file}', line", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_part_of_the_first_line()
    {
        async Task<string> Of(string text)
        {
            using FakeTerminal terminal = new(input: text);
            Assert.Equal(ExitCode.Ok, await terminal.RunAsync("predict", kinds.Classifier, "--threads", "1"));
            return terminal.Out;
        }

        Assert.Equal(await Of("red\n"), await Of("\uFEFFred\n"));
    }
}
