using System.Diagnostics;
using System.Runtime.Versioning;
using TransformerXL.Cli.Commands;
using TransformerXL.Files;
using TransformerXL.Testing;

namespace TransformerXL.Cli.Tests.Commands;

public sealed class CompressCommandTests : IDisposable
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 900).Select(i => $"line {i} of a log that repeats itself\n"));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_compressed_beside_itself_and_restored()
    {
        string file = _folder.Write("a.log", Text);
        await FakeTerminal.OutputOf("compress", file);
        Assert.True(new FileInfo(file + ".txlz").Length < Text.Length / 10);
        File.Move(file, _folder["original"]);
        await FakeTerminal.OutputOf("decompress", file + ".txlz");
        Assert.Equal(Text, await File.ReadAllTextAsync(file));
        Assert.Equal(["a.log", "a.log.txlz", "original"], Names());
    }

    [Fact]
    public async Task Standard_input_goes_to_standard_output_in_both_directions()
    {
        byte[] plain = [0, 255, 10, 13, .. System.Text.Encoding.UTF8.GetBytes(Text)];
        using FakeTerminal compress = new(plain);
        Assert.Equal(ExitCode.Ok, await compress.RunAsync("compress", "-", "--fast"));
        using FakeTerminal decompress = new(compress.OutBytes);
        Assert.Equal(ExitCode.Ok, await decompress.RunAsync("decompress", "-"));
        Assert.Equal(plain, decompress.OutBytes);
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task An_output_is_open_to_no_more_users_than_its_inputs_and_keeps_the_time()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no modes of files");
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string file = _folder.Write("a.sh", Text), other = _folder.Write("b", "b");
        DateTime time = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetUnixFileMode(file, Private | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(file, time);
        await FakeTerminal.OutputOf("compress", file);
        await FakeTerminal.OutputOf("decompress", file + ".txlz", "--out", _folder["restored"]);
        await FakeTerminal.OutputOf("compress", other, file, "--out", _folder["both.txlz"]);
        File.CreateSymbolicLink(_folder["link"], "a.sh");
        await FakeTerminal.OutputOf("compress", _folder["link"]);
        foreach (string name in (string[])["a.sh.txlz", "restored", "link.txlz"])
        {
            Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder[name]));
            Assert.Equal(time, File.GetLastWriteTimeUtc(_folder[name]));
        }

        Assert.Equal(Private, File.GetUnixFileMode(_folder["both.txlz"]));
    }

    [SkippableFact]
    public async Task A_pipe_takes_the_compressed_bytes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only known on Linux");
        string file = _folder.Write("a.log", Text), pipe = _folder["pipe"];
        using (Process make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        // Opening it waits for the writer.
        Task<byte[]> reading = Task.Run(() => File.ReadAllBytes(pipe));
        await FakeTerminal.OutputOf("compress", file, "--out", pipe);
        await FakeTerminal.OutputOf("compress", file);
        Assert.Equal(await File.ReadAllBytesAsync(file + ".txlz"), await reading.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(["a.log", "a.log.txlz", "pipe"], Names());
    }

    [Fact]
    public async Task The_name_of_a_file_is_no_folder_for_an_archive()
    {
        string file = _folder.Write("tree/one", Text), taken = _folder.Write("taken", "t");
        await FakeTerminal.OutputOf("compress", _folder["tree"], file, "--out", _folder["a.txlz"]);
        await FailsAsync("is a file, but a folder for the entries is needed", "decompress", _folder["a.txlz"], "--out", taken);
    }

    [Fact]
    public async Task A_file_that_exists_is_replaced_with_force_only()
    {
        string file = _folder.Write("a.log", Text), target = _folder.Write("a.log.txlz", "precious");
        await FailsAsync("exists already; replace it with --force", "compress", file);
        Assert.Equal("precious", await File.ReadAllTextAsync(target));
        await FakeTerminal.OutputOf("compress", file, "-f");
        await FailsAsync("exists already; replace it with --force", "decompress", target);
        await FakeTerminal.OutputOf("decompress", target, "--force");
    }

    [Fact]
    public async Task An_input_is_kept_even_if_the_output_has_its_name_and_force()
    {
        string file = _folder.Write("a.log", Text);
        await FailsAsync("is the file to read, which is kept", "compress", file, "--out", file, "--force");
        Assert.Equal(Text, await File.ReadAllTextAsync(file));
        await FakeTerminal.OutputOf("compress", file);
        byte[] compressed = await File.ReadAllBytesAsync(file + ".txlz");
        await FailsAsync("is the file to read, which is kept", "decompress", file + ".txlz", "--out", _folder["../" + Path.GetFileName(_folder.Path) + "/a.log.txlz"], "--force");
        Assert.Equal(compressed, await File.ReadAllBytesAsync(file + ".txlz"));
    }

    [Fact]
    public async Task An_archive_is_no_part_of_itself()
    {
        _folder.Write("tree/one", "1");
        await FailsAsync("would become a part of itself", "compress", _folder["tree"], "--out", _folder["tree/deep.txlz"]);
        Assert.Equal(["one"], Directory.EnumerateFileSystemEntries(_folder["tree"]).Select(Path.GetFileName));
        await FakeTerminal.OutputOf("compress", _folder["tree"], "--out", _folder["tree.txlz"]);
    }

    [Fact]
    public async Task A_link_on_the_way_hides_no_input()
    {
        string file = _folder.Write("real/f", Text);
        File.CreateSymbolicLink(_folder["link"], "real");
        await FailsAsync("is the file to read, which is kept", "compress", file, "--out", _folder["link/f"], "--force");
        await FailsAsync("would become a part of itself", "compress", _folder["real"], "--out", _folder["link/f.txlz"]);
        await FakeTerminal.OutputOf("compress", file);
        await FailsAsync("is the file to read, which is kept", "decompress", _folder["real/f.txlz"], "--out", _folder["link/f.txlz"], "--force");
        Assert.Equal(Text, await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Links_to_folders_are_told_at_once_even_in_a_circle()
    {
        _folder.Write("two/file", "1");
        File.CreateSymbolicLink(_folder["two/a"], ".");
        File.CreateSymbolicLink(_folder["two/b"], ".");
        await FailsAsync("is a link to a folder, which an archive does not follow", "compress", _folder["two"]);
        File.CreateSymbolicLink(_folder["two/again"], "file");
        File.CreateSymbolicLink(_folder["two/gone"], "missing");
        Assert.Equal(2, FolderSize.Of(_folder["two"]));
    }

    [SkippableFact]
    public async Task Devices_are_no_files_of_an_archive()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "there is no /dev/null");
        _folder.Write("dev/one", "1");
        File.CreateSymbolicLink(_folder["dev/null"], "/dev/null");
        await FailsAsync("is no regular file", "compress", _folder["dev"]);
    }

    [Fact]
    public async Task An_archive_does_not_go_to_standard_output()
    {
        _folder.Write("tree/one", "1");
        await FakeTerminal.OutputOf("compress", _folder["tree"]);
        byte[] archive = await File.ReadAllBytesAsync(_folder["tree.txlz"]);
        foreach (string[] target in (string[][])[["--stdout"], ["--out", "-"]])
        {
            using FakeTerminal terminal = new(archive);
            Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["decompress", "-", .. target]));
            Assert.Contains("it is an archive of files, which cannot go to standard output", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_name_as_long_as_the_file_system_allows_is_written()
    {
        string file = _folder.Write(new string('n', 250), Text);
        await FakeTerminal.OutputOf("compress", file);
        File.Delete(file);
        await FakeTerminal.OutputOf("decompress", file + ".txlz");
        Assert.Equal(Text, await File.ReadAllTextAsync(file));
        Assert.Equal([new string('n', 250), new string('n', 250) + ".txlz"], Names());
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_file_that_may_not_be_written_stays_so()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no modes of files");
        const UnixFileMode Reads = UnixFileMode.UserRead | UnixFileMode.GroupRead;
        string file = _folder.Write("a", Text);
        File.SetUnixFileMode(file, Reads);
        await FakeTerminal.OutputOf("compress", file);
        await FakeTerminal.OutputOf("decompress", file + ".txlz", "--out", _folder["b"]);
        Assert.Equal((Reads, Reads), (File.GetUnixFileMode(file + ".txlz"), File.GetUnixFileMode(_folder["b"])));
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_group_of_an_output_reads_no_file_of_another_group()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "changing the group of a file needs Linux and its administrator");
        const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        string file = _folder.Write("a", Text), other = _folder.Write("b", Text);
        File.SetUnixFileMode(file, Shared);
        File.SetUnixFileMode(other, Shared);
        using (Process change = Process.Start("chgrp", ["4", file]))
        {
            await change.WaitForExitAsync();
            Skip.IfNot(change.ExitCode == 0, "the group of the file cannot be changed");
        }

        await FakeTerminal.OutputOf("compress", file);
        await FakeTerminal.OutputOf("compress", other);
        await FakeTerminal.OutputOf("compress", file, other, "--out", _folder["both.txlz"]);
        Assert.Equal(Shared & ~UnixFileMode.GroupRead, File.GetUnixFileMode(file + ".txlz"));
        Assert.Equal(Shared, File.GetUnixFileMode(other + ".txlz"));
        Assert.Equal(Shared & ~UnixFileMode.GroupRead, File.GetUnixFileMode(_folder["both.txlz"]));
    }

    [Theory]
    [InlineData("e", "it is empty", "'e': it is empty")]
    [InlineData("e", "'e' is empty", "'e' is empty")]
    [InlineData("-", "standard input is closed", "standard input is closed")]
    [InlineData("-", "it is empty", "'standard input': it is empty")]
    public async Task A_short_name_is_told_although_its_letters_are_in_the_message(string path, string message, string expected) => Assert.Equal(
        expected, (await Assert.ThrowsAsync<InputException>(() => InputFile.NamingAsync<int>(path, () => throw new InputException(message)))).Message);

    [Fact]
    public async Task A_folder_and_a_file_become_one_archive()
    {
        _folder.Write("tree/one", "1");
        _folder.Write("tree/deep/two", Text);
        string file = _folder.Write("three", "3");
        await FakeTerminal.OutputOf("compress", _folder["tree"], file, "--out", _folder["all.txlz"]);
        await FakeTerminal.OutputOf("decompress", _folder["all.txlz"], "-o", _folder["out"]);
        Assert.Equal("1", await File.ReadAllTextAsync(_folder["out/tree/one"]));
        Assert.Equal(Text, await File.ReadAllTextAsync(_folder["out/tree/deep/two"]));
        Assert.Equal("3", await File.ReadAllTextAsync(_folder["out/three"]));
        await FailsAsync("exists already", "decompress", _folder["all.txlz"]);
    }

    [Fact]
    public async Task Damage_is_told_with_the_name_and_nothing_is_written()
    {
        string file = _folder.Write("a.log", Text);
        await FakeTerminal.OutputOf("compress", file);
        byte[] bytes = await File.ReadAllBytesAsync(file + ".txlz");
        bytes[^60] ^= 4;
        string damaged = _folder.Write("b.log.txlz", bytes);
        await FailsAsync($"'{damaged}': its block at byte", "decompress", damaged);
        Assert.DoesNotContain("b.log", Names());
        string whole = _folder.Write("c.log.txlz", await File.ReadAllBytesAsync(file + ".txlz"));
        await FailsAsync($"'{damaged}': its block at byte", "decompress", damaged, whole);
        Assert.Equal(Text, await File.ReadAllTextAsync(_folder["c.log"]));
        File.Delete(whole);
        File.Delete(_folder["c.log"]);
        bytes[^60] ^= 4;
        bytes[^1] ^= 4;
        _folder.Write("b.log.txlz", bytes);
        await FailsAsync("before the damage were restored", "decompress", damaged, "--recover");
        Assert.Equal(Text, await File.ReadAllTextAsync(_folder["b.log.recovered"]));
        Assert.Equal(["a.log", "a.log.txlz", "b.log.recovered", "b.log.txlz"], Names());
    }

    [Fact]
    public async Task Where_nothing_can_be_restored_nothing_is_left()
    {
        string file = _folder.Write("a.log", Text);
        _folder.Write("tree/deep/two", Text);
        await FakeTerminal.OutputOf("compress", file);
        await FakeTerminal.OutputOf("compress", _folder["tree"]);
        foreach (string name in (string[])["a.log", "tree"])
        {
            byte[] bytes = await File.ReadAllBytesAsync(_folder[$"{name}.txlz"]);
            string damaged = _folder.Write("b.txlz", bytes.AsSpan(..^60));
            await FailsAsync("; nothing could be restored", "decompress", damaged, "--recover");
            await FailsAsync("; nothing could be restored", "decompress", damaged, "--recover", "--out", _folder["out"]);
            await FailsAsync("; nothing could be restored", "decompress", _folder["b.txlz"], "--recover", "--out", _folder[name == "tree" ? "p/q/r" : "out"]);
            await FailsAsync("empty.txlz': ", "decompress", _folder.Write("empty.txlz", ""), "--recover");
        }

        Assert.Equal(["a.log", "a.log.txlz", "b.txlz", "empty.txlz", "tree", "tree.txlz"], Names());
    }

    [Fact]
    public async Task A_link_that_leads_nowhere_is_named_as_one()
    {
        string one = _folder.Write("tree/one", "1");
        File.CreateSymbolicLink(_folder["tree/link"], "gone");
        await FailsAsync($"'{_folder["tree/link"]}' is a link to 'gone', which leads nowhere", "compress", _folder["tree"]);
        await FailsAsync($"'{_folder["tree/link"]}' cannot be read: it is a link to 'gone', which leads nowhere", "compress", _folder["tree/link"]);
        File.Delete(_folder["tree/link"]);
        File.CreateSymbolicLink(_folder["tree/link"], one);
        await FakeTerminal.OutputOf("compress", _folder["tree"]);
    }

    [Fact]
    public async Task What_cannot_be_restored_is_refused_with_the_remedy()
    {
        string file = _folder.Write("a.log", Text), other = _folder.Write("b.gz", Text);
        await FakeTerminal.OutputOf("compress", file, "-o", _folder["renamed"]);
        await FailsAsync("does not end in .txlz", "decompress", _folder["renamed"]);
        await FailsAsync("was not compressed by this program", "decompress", other);
        await FailsAsync("missing.txlz", "decompress", _folder["missing.txlz"]);
        await FailsAsync("(--max-memory)", "decompress", _folder["renamed"], "-o", _folder["x"], "--max-memory", "1MiB");
    }

    [Fact]
    public async Task Compressed_bytes_are_not_shown_on_a_screen()
    {
        using FakeTerminal terminal = new(isScreen: true);
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("compress", _folder.Write("a.log", Text), "--stdout"));
        Assert.Contains("are not shown on a screen", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_compression_or_decompression_leaves_no_file_under_the_final_name()
    {
        byte[] bytes = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7919L >> 9))];
        string file = _folder.Write("a.bin", bytes);
        await KillAsync("compress", file + ".txlz", bytes);
        Assert.False(File.Exists(file + ".txlz"));
        await FakeTerminal.OutputOf("compress", file, "--fast");
        File.Delete(file);
        await KillAsync("decompress", file, (await File.ReadAllBytesAsync(file + ".txlz"))[..^1]);
        Assert.False(File.Exists(file));
        // The next one removes what the killed one left.
        await FakeTerminal.OutputOf("decompress", file + ".txlz");
        Assert.Equal(["a.bin", "a.bin.txlz"], Names());
    }

    [Fact]
    public async Task Compressors_are_compared_on_a_file()
    {
        string file = _folder.Write("a.log", Text), output = await FakeTerminal.OutputOf("bench", "compress", file, "--json");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All((string[])["txl", "txl --fast", "gzip 9", "brotli 11", "brotli 11, 16 MiB window"], name => Assert.Single(lines, line => line.Contains($"\"compressor\":\"{name}\"", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.Contains($"\"plain_bytes\":{Text.Length},", line, StringComparison.Ordinal));
        Assert.Contains("brotli 11", await FakeTerminal.OutputOf("bench", "compress", file), StringComparison.Ordinal);
        Assert.Equal(["a.log"], Names());
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableAVX=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public async Task A_file_is_restored_on_other_instruction_sets(string setting)
    {
        string file = _folder.Write("a.log", Text);
        await FakeTerminal.OutputOf("compress", file);
        string[] parts = setting.Split('=');
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "txl.dll"), "decompress", file + ".txlz", "--out", _folder["b.log"]]) { RedirectStandardError = true };
        start.Environment[parts[0]] = parts[1];
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        Assert.Equal(Text, await File.ReadAllTextAsync(_folder["b.log"]));
    }

    /// <summary>Kills the program as soon as its temporary file exists. Its input, whose end never comes, keeps it from being over before.</summary>
    private async Task KillAsync(string command, string output, byte[] input)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "txl.dll"), command, "-", "--out", output]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        await process.StandardInput.BaseStream.FlushAsync();
        while (!process.HasExited && !Names().Any(name => name.EndsWith(".txl-tmp", StringComparison.Ordinal)))
        {
            await Task.Delay(1);
        }

        Assert.False(process.HasExited, process.HasExited ? await error : "");
        process.Kill();
        await process.WaitForExitAsync();
        await error;
    }

    private static async Task FailsAsync(string message, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(arguments));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
