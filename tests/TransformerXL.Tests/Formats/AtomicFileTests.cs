using System.Text;
using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private const string StaleName = ".target.0123456789abcdef.txl-tmp";

    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["target"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_holds_what_was_written_and_nothing_lies_beside_it()
    {
        AtomicFile.WriteText(Target, "größer");
        Assert.Equal(Encoding.UTF8.GetBytes("größer"), File.ReadAllBytes(Target));
        Assert.Equal(["target"], Names());
    }

    [SkippableFact]
    public void A_file_system_without_new_files_is_named_as_the_reason()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc");
        string message = Assert.Throws<InputException>(() => AtomicFile.WriteText("/proc/memory", "new")).Message;
        Assert.Equal("'/proc/memory' cannot be written: the file system at '/proc' does not allow new files", message);
    }

    [SkippableFact]
    public async Task A_pipe_is_written_into_and_stays()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only known on Linux");
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [Target]))
        {
            await make.WaitForExitAsync();
        }

        Assert.True(RegularFile.IsDeviceOrPipe(Target));
        Assert.True(RegularFile.IsDeviceOrPipe("/dev/null"));
        Assert.False(RegularFile.IsDeviceOrPipe(_folder.Path));
        Assert.False(RegularFile.IsDeviceOrPipe(_folder["missing"]));
        // Opening it waits for the writer.
        Task<string> reading = Task.Run(() => File.ReadAllText(Target));
        AtomicFile.WriteText(Target, "through");
        Assert.Equal("through", await reading.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.True(RegularFile.IsDeviceOrPipe(Target));
        Assert.Equal(["target"], Names());
    }

    [Fact]
    public void An_old_file_is_replaced()
    {
        AtomicFile.WriteText(Target, "a long old text");
        AtomicFile.WriteText(Target, "new");
        Assert.Equal("new", File.ReadAllText(Target));
    }

    [Fact]
    public void An_exception_while_writing_keeps_the_old_file_and_leaves_nothing_behind()
    {
        AtomicFile.WriteText(Target, "old");
        Assert.Throws<ArithmeticException>(() => AtomicFile.Write(Target, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new ArithmeticException();
        }));
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal(["target"], Names());
    }

    [Fact]
    public void A_writer_that_closes_the_stream_is_told_so_and_the_old_file_stays()
    {
        AtomicFile.WriteText(Target, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(Target, stream => stream.Dispose()));
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal(["target"], Names());
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_by_the_next_write()
    {
        File.WriteAllText(_folder[StaleName], "half");
        AtomicFile.WriteText(Target, "new");
        Assert.Equal(["target"], Names());
    }

    [Theory]
    [InlineData(".other.0123456789abcdef.txl-tmp")]
    [InlineData(".target.0123456789abcdeX.txl-tmp")]
    [InlineData(".target.0123456789abcdef0.txl-tmp")]
    [InlineData("target.0123456789abcdef.txl-tmp")]
    [InlineData(".target.0123456789abcdef.tmp")]
    public void A_file_of_another_name_is_never_removed(string name)
    {
        File.WriteAllText(_folder[name], "mine");
        AtomicFile.WriteText(Target, "new");
        Assert.Equal("mine", File.ReadAllText(_folder[name]));
    }

    [Fact]
    public void The_temporary_file_of_a_writer_at_work_is_left_alone()
    {
        AtomicFile.Write(Target, outer =>
        {
            outer.Write("outer"u8);
            outer.Flush();
            AtomicFile.WriteText(Target, "inner");
            Assert.Equal("inner", File.ReadAllText(Target));
        });
        Assert.Equal("outer", File.ReadAllText(Target));
        Assert.Equal(["target"], Names());
    }

    [Fact]
    public void The_lock_of_a_writer_turns_no_reader_away() => AtomicFile.Write(Target, stream =>
    {
        // A reader of the target meets this lock in the instant between the rename and the close.
        using var reader = new FileStream(((FileStream)stream).Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Assert.True(reader.CanRead);
    });

    [Fact]
    public async Task Readers_beside_several_writers_always_find_a_whole_file()
    {
        const int Length = 1000;
        AtomicFile.Write(Target, stream => stream.Write(new byte[Length]));
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                byte[] read = File.ReadAllBytes(Target);
                Assert.Equal(Length, read.Length);
                Assert.True(read.AsSpan().IndexOfAnyExcept(read[0]) < 0);
            }
        }))];
        Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(() =>
        {
            for (int round = 0; round < 100; round++)
            {
                byte value = (byte)((writer * 100) + round);
                AtomicFile.Write(Target, stream => stream.Write(Enumerable.Repeat(value, Length).ToArray()));
            }
        }))];
        await Task.WhenAll(writers);
        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(["target"], Names());
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        string path = Path.Combine(_folder.Path, "absent", "target");
        InputException fault = Assert.Throws<InputException>(() => AtomicFile.WriteText(path, ""));
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_not_replaced_by_a_file()
    {
        Directory.CreateDirectory(Target);
        Assert.Contains("folder", Assert.Throws<InputException>(() => AtomicFile.WriteText(Target, "")).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_folder_itself_is_flushed_on_Linux_and_macOS()
    {
        Skip.IfNot(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "this system offers no flush of a folder");
        Assert.True(DiskFlush.Folder(_folder.Path));
        Assert.False(DiskFlush.Folder(_folder["absent"]));
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName);
}
